"""What the management API takes and gives, as records: one place for the server, the OpenAPI
document and the client."""
