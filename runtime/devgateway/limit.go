package devgateway

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// maxClients is the number of client addresses that the limiter counts.
const maxClients = 4096

// clientLimit limits the number of requests per minute from each client
// address.
type clientLimit struct {
	perMinute int
	now       func() time.Time

	mu sync.Mutex
	// Each request uses up a share of a minute. An address has all of its
	// minute again at the time here.
	whole map[string]time.Time
}

func newClientLimit(perMinute int, now func() time.Time) *clientLimit {
	return &clientLimit{perMinute: perMinute, now: now, whole: map[string]time.Time{}}
}

// allow returns an error if the sender has used up its limit for the minute. It
// uses the connection's address, because a header with another address can be
// forged.
func (c *clientLimit) allow(address string) error {
	client, _, err := net.SplitHostPort(address)
	if err != nil {
		client = address
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	whole, known := c.whole[client]
	if whole.Before(now) {
		whole = now
	}
	whole = whole.Add(time.Minute / time.Duration(c.perMinute))
	if wait := whole.Sub(now) - time.Minute; wait > 0 {
		return &apiError{
			status: http.StatusTooManyRequests, code: "rate_limit_exceeded", retryAfter: wait,
			message: fmt.Sprintf("more than %d requests a minute without a gateway token; wait, or send a token", c.perMinute),
		}
	}
	if !known && len(c.whole) >= maxClients {
		c.makeRoom(now)
	}
	c.whole[client] = whole
	return nil
}

// makeRoom forgets the addresses that have all of their minute. If all
// addresses have used some of it, it forgets any one of them.
func (c *clientLimit) makeRoom(now time.Time) {
	maps.DeleteFunc(c.whole, func(_ string, whole time.Time) bool { return !whole.After(now) })
	for client := range c.whole {
		if len(c.whole) < maxClients {
			return
		}
		delete(c.whole, client)
	}
}
