"""A sales department that does not exist: a seeded CRM whose events look like those of a real one."""
