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
