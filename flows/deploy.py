"""Make the work pool, the deployments and the automations on a Prefect server."""

from ameli_build.flows.deploy import main

if __name__ == "__main__":
    main()
