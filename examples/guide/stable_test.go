package guide

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/depgen/depgen/internal/testfail"
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

func TestSameQuestionOtherBytes(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t, cachecoretest.WithUpstream(devgateway.Echo()))
	client := gateway.Client().HTTPClient()
	tools := []string{"one", "two"}
	returned := false
	message := testfail.Message(t, func(tb testing.TB) {
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
		returned = true
	})
	if returned {
		t.Error("the test goes on after its failure")
	}
	golden(t, "stable.txt", message+"\n")
}
