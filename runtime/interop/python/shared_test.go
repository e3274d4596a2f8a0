package python

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
	"github.com/depgen/depgen/runtime/interop/internal/loopback"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// timeout is long enough that it is never reached.
const timeout = 10 * time.Minute

const (
	whole    = `{"model":"gpt-4o","messages":[{"role":"user","content":"What notice does Müller's contract need?"}]}`
	streamed = `{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"What notice?"}]}`
)

// bare returns the token without its prefix, as the vendor's tests send it.
func bare(token string) string { return token[strings.Index(token, ".")+1:] }

// onGateway returns both clients, for the same tenant.
func onGateway(t *testing.T, gateway *cachecoretest.Gateway, c devgateway.Claims) (ours, *theirs) {
	t.Helper()
	token := gateway.Token(c)
	return newOurs(t, gateway.URL(), token), newTheirs(t, gateway.URL(), bare(token), timeout)
}

func completion(gateway *cachecoretest.Gateway, body string, deps ...cachecore.Dep) request {
	return request{url: gateway.URL() + "/v1/chat/completions", body: body, deps: [][]cachecore.Dep{deps}}
}

// Both clients encode the same deps, and a server decodes the same array.
func TestDepsDecodeAlike(t *testing.T) {
	t.Parallel()
	var fifty []cachecore.Dep
	for i := range 50 {
		fifty = append(fifty, cachecore.NewDep(fmt.Sprintf("doc:contract-%d", i)))
	}
	tests := map[string][]cachecore.Dep{
		"ASCII":     {cachecore.NewDep("doc:contract-123"), cachecore.NewDep("table:docs").WithHash("7")},
		"non-ASCII": {cachecore.NewDep("doc:Müller/Договор/🙂"), cachecore.NewDep("doc:e\u0301")},
		"quotes":    {cachecore.NewDep(`doc:"a" \ 'b' <&> ` + "\n\x00\u2028")},
		"fifty":     fifty,
	}
	server := loopback.NewServer(t, nothing)
	p := newTheirs(t, server.URL, "token", timeout)
	o := newOurs(t, server.URL, "token")
	for name, deps := range tests {
		r := request{url: server.URL, body: whole, deps: [][]cachecore.Dep{deps}}
		before := len(server.Requests())
		o.post(t, r)
		p.post(t, r)
		both := server.Requests()[before:]
		for i, who := range []string{"ours", "theirs"} {
			if got, want := both[i].Deps(t), wireDeps(deps); !slices.Equal(got, want) {
				t.Errorf("%s: %s decodes to %q, want %q", name, who, got, want)
			}
			if got := both[i].Header.Get("X-Cachecore-Token"); got != "token" {
				t.Errorf("%s: %s carries the token %q", name, who, got)
			}
		}
	}
}

// An answer cached by one client is served to the other if the bytes are equal.
// Our client invalidates answers that the vendor's client has tagged.
func TestClientsShareAnswers(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"JSON": whole, "stream": streamed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			gateway := cachecoretest.NewGateway(t)
			o, p := onGateway(t, gateway, devgateway.Claims{Tenant: "shared"})
			dep := cachecore.NewDep("doc:Müller/Договор")
			r := completion(gateway, body, dep)
			for _, turn := range [][2]sender{{p, o}, {o, p}} {
				made, found := turn[0].post(t, r), turn[1].post(t, r)
				if made.Status != "MISS" || found.Status != "HIT_L1" || made.Text != found.Text {
					t.Errorf("first %+v, then %+v; want a MISS and the same as HIT_L1", made, found)
				}
				if err := o.Invalidate(t.Context(), dep); err != nil {
					t.Fatal(err)
				}
			}
			if last := p.post(t, r); last.Status != "MISS" {
				t.Errorf("after an invalidation by ours: %+v, want a MISS", last)
			}
		})
	}
}

// Other roles and other tenants do not get an answer, with either client, even
// with the same dep.
func TestClientsNeverShareAcross(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	r := completion(gateway, whole, cachecore.NewDep("doc:contract-123"))
	for _, claims := range []devgateway.Claims{
		{Tenant: "first", Roles: []string{"reader"}, Scope: "chat"},
		{Tenant: "first", Roles: []string{"admin"}, Scope: "chat"},
		{Tenant: "first", Roles: []string{"admin", "reader"}, Scope: "chat"},
		{Tenant: "first", Roles: []string{"reader"}, Scope: "chat invalidate"},
		{Tenant: "second", Roles: []string{"reader"}, Scope: "chat"},
	} {
		o, p := onGateway(t, gateway, claims)
		if got := p.post(t, r); got.Status != "MISS" {
			t.Errorf("%+v: %+v, want a MISS: no one else's answer", claims, got)
		}
		if got := o.post(t, r); got.Status != "HIT_L1" {
			t.Errorf("%+v: %+v, want a HIT_L1: the answer that theirs got", claims, got)
		}
	}
}
