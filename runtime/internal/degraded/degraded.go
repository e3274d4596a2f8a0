// Package degraded tells the gateway of package cachecoretest of the requests
// that a client in this process sent uncached although deps were declared for
// them. The gateway cannot see that by itself: they arrive as a bypass.
package degraded

import (
	"net"
	"net/url"
	"sync"
)

var (
	mu       sync.Mutex
	watchers = map[string]func(error){} // by place
)

// place is the origin, with one name for all that the loopback interface has.
func place(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return origin
	}
	if host := u.Hostname(); host == "localhost" || net.ParseIP(host).IsLoopback() {
		return "loopback:" + u.Port()
	}
	return origin
}

// Watch calls f for each degraded request to the origin, a URL of scheme, host and
// port, from any goroutine,
// until stop is called.
func Watch(origin string, f func(error)) (stop func()) {
	at := place(origin)
	mu.Lock()
	defer mu.Unlock()
	watchers[at] = f
	return func() {
		mu.Lock()
		defer mu.Unlock()
		delete(watchers, at)
	}
}

// Notify reports a request to the origin that is sent uncached because of err.
func Notify(origin string, err error) {
	at := place(origin)
	mu.Lock()
	f := watchers[at]
	mu.Unlock()
	if f != nil {
		f(err)
	}
}
