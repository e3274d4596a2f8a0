// Package degraded tells the gateway of package cachecoretest of the requests
// that a client in this process sent uncached although deps were declared for
// them. The gateway cannot see that by itself: they arrive as a bypass.
package degraded

import "sync"

var watchers sync.Map // origin -> func(error)

// Watch calls f for each degraded request to the origin, from any goroutine,
// until stop is called.
func Watch(origin string, f func(error)) (stop func()) {
	watchers.Store(origin, f)
	return func() { watchers.Delete(origin) }
}

// Notify reports a request to the origin that is sent uncached because of err.
func Notify(origin string, err error) {
	if f, ok := watchers.Load(origin); ok {
		f.(func(error))(err)
	}
}
