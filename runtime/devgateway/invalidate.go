package devgateway

import (
	"log/slog"
	"net/http"

	"github.com/google/uuid"
)

// maxInvalidation is the maximum length of an invalidation's body, in bytes.
const maxInvalidation = 64 << 10

// invalidate answers POST /v1/invalidate.
func (g *Gateway) invalidate(x *exchange) error {
	id, err := g.verifier.identify(x.request.Header)
	if err != nil {
		return err
	}
	if id == nil {
		return &apiError{
			status: http.StatusUnauthorized, code: "missing_token",
			message: "an invalidation needs a gateway token: send it as Authorization: Bearer <token>",
		}
	}
	dep, err := readInvalidation(x)
	if err != nil {
		return err
	}
	deleted := g.invalidateDep(id.tenant, dep)
	x.extra = []slog.Attr{slog.String("dep_id", dep.ID), slog.Int("keys_deleted", deleted)}
	return x.writeJSON(struct {
		OK      bool   `json:"ok"`
		DepID   string `json:"dep_id"`
		Deleted int    `json:"keys_deleted"`
	}{true, dep.ID, deleted})
}

func (g *Gateway) invalidateDep(tenant string, d Dep) int {
	k := depKey{tenant, d.ID}
	deleted := g.store.invalidate(k, d.Hash)
	g.flights.forget(k)
	g.observer.invalidation(Invalidation{Tenant: tenant, DepID: d.ID, NewHash: d.Hash, KeysDeleted: deleted})
	return deleted
}

// readInvalidation returns the dep with its new hash.
func readInvalidation(x *exchange) (Dep, error) {
	body, err := readBody(x, maxInvalidation)
	if err != nil {
		return Dep{}, err
	}
	values, err := members(body)
	var id, hash string
	if err != nil || !isExact(body) || decode(values["dep_id"], &id) != nil || decode(values["new_hash"], &hash) != nil {
		return Dep{}, badRequestf("invalid_body", `the body is not an invalidation: send {"dep_id":"…"}, with "new_hash" if there is one`)
	}
	d := Dep{id, hash}
	if d.Hash == "" {
		d.Hash = uuid.NewString()
	}
	if err := d.check(); err != nil {
		return Dep{}, badRequestf("invalid_dep", "the dep is not valid: %v", err)
	}
	return d, nil
}
