"""The paper's BibTeX entry, for the card and `croissant.json`; `CITATION.cff` and README have the same."""

BIBTEX = """\
@article{yao2023ameli,
  title   = {{AMELI}: Enhancing Multimodal Entity Linking with Fine-Grained Attributes},
  author  = {Yao, Barry Menglong and Chen, Yu and Wang, Qifan and Wang, Sijia and Liu, Minqian and Xu, Zhiyang and
             Yu, Licheng and Huang, Lifu},
  journal = {arXiv preprint arXiv:2305.14725},
  year    = {2023}
}"""
