package guide

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestSameQuestionSameBytes(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t, cachecoretest.WithUpstream(devgateway.Echo()))
	d := NewDesk(newDB(), gateway.URL(), gateway.Client().HTTPClient())
	gateway.RequireStable(t, func() {
		_, err := d.Ask(t.Context(), "contract-123")
		check(t, err)
	})
}

// failing is a test whose failure is recorded.
type failing struct {
	testing.TB

	message string
}

func (*failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// run runs test, whose failure ends its goroutine. It reports whether test
// returned.
func (f *failing) run(test func(testing.TB)) (returned bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		test(f)
		returned = true
	}()
	<-ended
	return returned
}

func TestSameQuestionOtherBytes(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t, cachecoretest.WithUpstream(devgateway.Echo()))
	client := gateway.Client().HTTPClient()
	tools := []string{"one", "two"}
	tb := &failing{TB: t}
	returned := tb.run(func(tb testing.TB) {
		gateway.RequireStable(tb, func() {
			body := fmt.Sprintf(`{"model":"gpt-4o","messages":[{"role":"user","content":"What notice?"}],"tools":[{"function":{"name":%q}},{"function":{"name":%q}}]}`,
				tools[0], tools[1])
			tools[0], tools[1] = tools[1], tools[0]
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, gateway.URL()+"/v1/chat/completions", strings.NewReader(body))
			check(t, err)
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			check(t, err)
			check(t, resp.Body.Close())
		})
	})
	if returned {
		t.Error("the test goes on after its failure")
	}
	golden(t, "stable.txt", tb.message+"\n")
}
