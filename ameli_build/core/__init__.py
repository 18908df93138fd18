"""What every room stands on: snapshots, stages, records, reasons, pictures."""
