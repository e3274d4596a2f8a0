// Package degraded tells the gateway of package cachecoretest of the requests
// that a client in this process sent uncached although deps were declared for
// them. The gateway cannot see that by itself: they arrive as a bypass.
package degraded

import "sync"

var (
	mu       sync.Mutex
	watchers = map[string]func(error){} // by origin
)

// Watch calls f for each degraded request to the origin, from any goroutine,
// until stop is called.
func Watch(origin string, f func(error)) (stop func()) {
	mu.Lock()
	defer mu.Unlock()
	watchers[origin] = f
	return func() {
		mu.Lock()
		defer mu.Unlock()
		delete(watchers, origin)
	}
}

// Notify reports a request to the origin that is sent uncached because of err.
func Notify(origin string, err error) {
	mu.Lock()
	f := watchers[origin]
	mu.Unlock()
	if f != nil {
		f(err)
	}
}
