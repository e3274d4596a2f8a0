package cachecore

// Alone takes the client out of what the clients of its tenant share, so that
// tests that use the same gateway and token can run in parallel.
func Alone(c *Client) { c.flights = newInflight() }
