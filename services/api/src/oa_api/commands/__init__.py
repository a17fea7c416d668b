"""Commands of `oa-api` other than serving."""
