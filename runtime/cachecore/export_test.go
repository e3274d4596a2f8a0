package cachecore

// Alone separates the client from the other clients of its tenant, so that
// tests that use the same gateway and token can run in parallel.
func Alone(c *Client) { c.flights = newFlights() }
