package devgateway

import (
	"fmt"
	"testing"
	"time"
)

func TestClientsOfTheBypassLimitAreBounded(t *testing.T) {
	t.Parallel()
	c := newClientLimit(1, time.Now)
	for i := range 2 * maxClients {
		if err := c.allow(fmt.Sprintf("client-%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(c.whole); n != maxClients {
		t.Errorf("%d clients are kept, want %d", n, maxClients)
	}
}

// A full limiter forgets addresses that are as good as new before one that has
// used up its minute.
func TestBypassLimitRemembersBusyClients(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	c := newClientLimit(1, func() time.Time { return now })
	allow := func(client string) bool { return c.allow(client) == nil }
	for i := range maxClients - 1 {
		allow(fmt.Sprintf("client-%d", i))
	}
	now = now.Add(time.Minute)
	if !allow("busy") || !allow("new") {
		t.Fatal("a first request was refused")
	}
	if allow("busy") {
		t.Error("the limiter forgot a busy client")
	}
	if len(c.whole) != 2 {
		t.Errorf("%d clients are kept, want the 2 with a recent request", len(c.whole))
	}
}
