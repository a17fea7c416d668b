"""HTTP: reading requests, answering errors, paging, the OpenAPI document, and the schemas that every room uses."""
