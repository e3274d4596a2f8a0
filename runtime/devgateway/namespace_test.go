package devgateway

import (
	"testing"

	"github.com/depgen/depgen/runtime/devgateway/internal/cache"
)

// A hit of this gateway requires the same bytes anyway. Its namespaces
// nevertheless match those of the hosted gateway.
func TestNamespaceOfAPrompt(t *testing.T) {
	t.Parallel()
	const base = `{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"}],"tools":[{"name":"t"}]}`
	tests := []struct {
		name, body string
		same       bool
	}{
		{"another question", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":"other"}],"tools":[{"name":"t"}]}`, true},
		{"a longer conversation", `{"messages":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"a"}],"tools":[{"name":"t"}]}`, true},
		{"space between", `{"messages": [{"role":"system", "content":"s"}], "tools": [{"name":"t"}]}`, true},
		{"another model", `{"model":"m","messages":[{"role":"system","content":"s"}],"tools":[{"name":"t"}]}`, true},
		{"roles that are none", `{"messages":[{"role":"system","content":"s"},{"role":7},{"role":["system"]},null],"tools":[{"name":"t"}]}`, true},
		{"another system message", `{"messages":[{"role":"system","content":"other"}],"tools":[{"name":"t"}]}`, false},
		{"a second system message", `{"messages":[{"role":"system","content":"s"},{"role":"system","content":"s"}],"tools":[{"name":"t"}]}`, false},
		{"a developer message", `{"messages":[{"role":"system","content":"s"},{"role":"developer","content":"d"}],"tools":[{"name":"t"}]}`, false},
		{"no system message", `{"messages":[{"role":"user","content":"u"}],"tools":[{"name":"t"}]}`, false},
		{"another tool", `{"messages":[{"role":"system","content":"s"}],"tools":[{"name":"other"}]}`, false},
		{"no tools", `{"messages":[{"role":"system","content":"s"}]}`, false},
		{"the older form of tools", `{"messages":[{"role":"system","content":"s"}],"functions":[{"name":"t"}]}`, false},
	}
	namespace := func(body string) cache.Digest {
		p, err := parsePrompt([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := namespaceOf(&identity{Tenant: "acme"}, p)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := namespace(tt.body) == namespace(base); got != tt.same {
				t.Errorf("same namespace: %v, want %v", got, tt.same)
			}
		})
	}
}
