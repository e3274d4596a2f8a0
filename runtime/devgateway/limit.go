package devgateway

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// maxClients is the number of client addresses that the limiter counts.
const maxClients = 4096

// clientLimit limits the number of requests per minute from each client
// address.
type clientLimit struct {
	perMinute int
	now       func() time.Time

	mu      sync.Mutex
	clients *simplelru.LRU[string, *rate.Limiter]
}

func newClientLimit(perMinute int, now func() time.Time) (*clientLimit, error) {
	clients, err := simplelru.NewLRU[string, *rate.Limiter](maxClients, nil)
	if err != nil {
		return nil, fmt.Errorf("make the bypass limit: %w", err)
	}
	return &clientLimit{perMinute: perMinute, now: now, clients: clients}, nil
}

// allow returns an error if the sender of r has used up its limit for the
// minute. It uses the connection's address, because a header with another
// address can be forged.
func (c *clientLimit) allow(r *http.Request) error {
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = r.RemoteAddr
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	limiter, ok := c.clients.Get(client)
	if !ok {
		limiter = rate.NewLimiter(rate.Limit(float64(c.perMinute)/60), c.perMinute)
		c.clients.Add(client, limiter)
	}
	now := c.now()
	reservation := limiter.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	return &apiError{
		status: http.StatusTooManyRequests, code: "rate_limit_exceeded", retryAfter: wait,
		message: fmt.Sprintf("more than %d requests a minute without a gateway token: wait, or send a token", c.perMinute),
	}
}
