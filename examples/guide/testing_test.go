package guide

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/depgen/depgen/examples/guide/deps"
	"github.com/depgen/depgen/runtime/cachecore"
	"github.com/depgen/depgen/runtime/cachecoretest"
	"github.com/depgen/depgen/runtime/devgateway"
)

func TestDeskWithARecorder(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	ctx := cachecore.WithInvalidator(t.Context(), rec)

	_, err := d.Ask(ctx, "contract-123")
	check(t, err)
	rec.RequireTagged(deps.DepDoc("contract-123"))

	check(t, d.Change(ctx, "contract-123", "14 days' notice"))
	rec.RequireInvalidated(deps.DepDoc("contract-123"))
	rec.RequireNotInvalidated(deps.DepDoc("contract-456"))
}

func TestChangeReportsAFailedInvalidation(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t)
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())
	ctx := cachecore.WithInvalidator(t.Context(), rec)

	down := errors.New("the gateway is down")
	rec.Fail(down)
	if err := d.Change(ctx, "contract-123", "14 days' notice"); !errors.Is(err, down) {
		t.Errorf("got %v, want %v", err, down)
	}
}

func TestDeskWithAGateway(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	gateway.Answer("30 days", "14 days")
	client := gateway.Client()
	d := NewDesk(newDB(), gateway.URL(), client.HTTPClient())
	ctx := cachecore.WithInvalidator(t.Context(), client)
	ask := func() (string, cachecore.CacheStatus) {
		ctx, call := cachecore.WithCall(ctx)
		answer, err := d.Ask(ctx, "contract-123")
		check(t, err)
		return answer, call.Status()
	}

	ask()
	gateway.Advance(40 * time.Second)
	if answer, status := ask(); answer != "30 days" || status.Age != 40*time.Second {
		t.Errorf("got %q, %v old", answer, status.Age)
	}
	gateway.Advance(devgateway.DefaultFreshTTL)
	if _, status := ask(); status.Status != cachecore.HitL1Stale {
		t.Errorf("got %v, want a stale hit", status.Status)
	}
}

func TestAnInvalidationSurvivesAFault(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client()

	gateway.Fail(cachecoretest.Invalidate, 1, cachecoretest.Fault{Status: http.StatusBadGateway})
	gateway.Fail(cachecoretest.Invalidate, 1, cachecoretest.Fault{Reset: true})
	check(t, client.Invalidate(t.Context(), deps.DepDoc("contract-123")))
	gateway.RequireInvalidated(deps.DepDoc("contract-123"))
}

func TestAnInvalidationOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	client := gateway.Client()

	gateway.Fail(cachecoretest.Invalidate, 2, cachecoretest.Fault{Delay: time.Minute})
	ctx, hangUp := context.WithCancel(t.Context())
	returned := make(chan error)
	go func() { returned <- client.Invalidate(ctx, deps.DepDoc("contract-123")) }()

	gateway.AwaitDelayed(2) // the document and its table
	hangUp()
	if err := <-returned; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the context was cancelled", err)
	}
	gateway.Advance(time.Minute)
	check(t, client.Close(t.Context()))
	gateway.RequireInvalidated(deps.DepDoc("contract-123"))
}

func TestADegradedRequestIsSeen(t *testing.T) {
	t.Parallel()
	rec := cachecoretest.NewRecorder(t, cachecoretest.AllowDegraded())
	d := NewDesk(newDB(), "http://gateway.test", rec.HTTPClient())

	ctx, call := cachecore.WithCall(t.Context())
	_, err := d.Ask(ctx, "") // an empty id
	check(t, err)

	status := call.Status()
	if status.Status != cachecore.Bypass || status.Err == nil {
		t.Errorf("got %v (%v), want a bypass that says why", status.Status, status.Err)
	}
	golden(t, "degraded.txt", status.Err.Error()+"\n")
}

func TestATenantWithOtherRolesSharesNothing(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)

	token := gateway.Token(devgateway.Claims{Tenant: "test", Roles: []string{"auditor"}})
	auditor, err := cachecore.New(gateway.URL(), token)
	check(t, err)

	defer func() { check(t, auditor.Close(t.Context())) }()
	for _, client := range []*http.Client{gateway.Client().HTTPClient(), auditor.HTTPClient()} {
		ctx, call := cachecore.WithCall(t.Context())
		_, err := NewDesk(newDB(), gateway.URL(), client).Ask(ctx, contract)
		check(t, err)
		if got := call.Status().Status; got != cachecore.Miss {
			t.Errorf("got %v, want %v", got, cachecore.Miss)
		}
	}
}

func TestATenantsInvalidationsAreItsOwn(t *testing.T) {
	t.Parallel()
	gateway := cachecoretest.NewGateway(t)
	gateway.Client()
	acme, err := cachecore.New(gateway.URL(), gateway.Token(devgateway.Claims{Tenant: "acme"}))
	check(t, err)
	defer func() { check(t, acme.Close(t.Context())) }()

	check(t, acme.Invalidate(t.Context(), deps.DepDoc("contract-123")))
	gateway.Tenant("acme").RequireInvalidated(deps.DepDoc("contract-123"))
	gateway.RequireNotInvalidated()
}

func TestRecorderWithAnotherModel(t *testing.T) {
	t.Parallel()
	db := newDB()
	rec := cachecoretest.NewRecorder(t, cachecoretest.WithUpstream(model(db)))

	answer, err := NewDesk(db, "http://gateway.test", rec.HTTPClient()).Ask(t.Context(), contract)
	check(t, err)
	if !strings.Contains(answer, "30 days") {
		t.Errorf("got %q, which the model does not answer", answer)
	}
}
