"""The mixture of judges (CGPO, section 6): pure rules, the processes that run them, and the LLM judges' pure parts.

A judge answers satisfied, violated, or abstains with a reason; it never raises. Submodules: one per rule (`math`,
`instructions`, `code`, `length`, `regex`), `rules` (all behind one function), `processes` (rules run where a hang or
crash loses one sample), `sandbox` (untrusted programs), `llm` (templates and decisions of LLM judges and annotators),
`mixture` (who is asked, and that each of them is heard), `reasons` (what is a violation, what an abstention).

Imports nothing here: who only reads a job's judges must not need what runs them.
"""
