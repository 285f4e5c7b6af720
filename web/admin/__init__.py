"""Administration: what failed and how to mend it, who may do what, which procedures run."""
