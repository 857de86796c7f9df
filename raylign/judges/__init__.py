"""The mixture of judges (CGPO, section 6). One answers satisfied, violated, or abstains with a reason; it never raises.

A kind of judge is one class in one file: its fields are what a job says of it, its methods are what it does. `judge` is
the base of all, `kinds` the union of all. `rules/` are programs, run by `processes` where a hang or crash loses one
sample; `sandbox` runs untrusted ones. `questions/` are put to a model, an asker (`askers`). `rows` and `agreement` put
one judge to labeled rows. The law of verdicts is `raylign.verdicts`.

Imports nothing here, and no kind imports what runs it: who only reads a job's judges must not need that.
"""
