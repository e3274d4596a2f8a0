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

// maxClients is of how many client addresses the limiter keeps the count.
const maxClients = 4096

// clientLimit lets each client address send a number of requests a minute.
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

// allow returns an error if the sender of r has used up its minute. The address
// is the connection's: a header that names another can be made up.
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
