package cachecoretest

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeT is a test whose failures can be examined.
type fakeT struct {
	mu       sync.Mutex
	errors   []string
	cleanups []func()
}

func (*fakeT) Helper()             {}
func (*fakeT) Logf(string, ...any) {}
func (f *fakeT) Cleanup(fn func()) { f.cleanups = append(f.cleanups, fn) }
func (f *fakeT) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
}

func (f *fakeT) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

// finish runs the cleanups, the latest first, and returns the failures.
func (f *fakeT) finish() []string {
	for _, fn := range slices.Backward(f.cleanups) {
		fn()
	}
	return f.errors
}

// requireFailures requires exactly the failures that begin with these texts.
func requireFailures(t *testing.T, got []string, want ...string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("failures: %q, want %d: %q", got, len(want), want)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("failure %d:\n%s\nwant\n%s", i, got[i], want[i])
		}
	}
}

var doc1 = cachecore.NewDep("doc:1").PartOf(cachecore.NewDep("table:docs"))

// ask sends a chat completion with the request's context and returns status,
// headers and body.
func ask(t *testing.T, client *http.Client, req *http.Request) (int, http.Header, string) {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// question is a request for a chat completion.
func question(t *testing.T, base, text string, stream bool, deps ...cachecore.Dep) *http.Request {
	t.Helper()
	body := fmt.Sprintf(`{"model":"m","messages":[{"role":"user","content":%q}],"stream":%t}`, text, stream)
	ctx := cachecore.WithDeps(t.Context(), deps...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/chat/completions", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return req
}
