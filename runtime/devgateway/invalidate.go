package devgateway

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// maxInvalidation is the maximum length of an invalidation's body, in bytes.
const maxInvalidation = 64 << 10

// invalidate answers POST /v1/invalidate.
func (g *Gateway) invalidate(x *exchange) error {
	id, err := g.identify(x)
	if err != nil {
		return err
	}
	if id == nil {
		return &apiError{
			status: http.StatusUnauthorized, code: "missing_token",
			message: "an invalidation needs a gateway token; send it as Authorization: Bearer <token>",
		}
	}
	x.seen.Tenant = id.Tenant
	body, err := readBody(x, maxInvalidation)
	if err != nil {
		return err
	}
	dep, err := parseInvalidation(body)
	if err != nil {
		return err
	}
	removed := g.cache.Invalidate(id.Tenant, dep)
	deleted := removed.Count
	g.showInvalidation(id.Tenant, dep, removed)
	g.observers.invalidation(Invalidation{Tenant: id.Tenant, DepID: dep.ID, NewHash: dep.Hash, KeysDeleted: deleted})
	x.extra = []slog.Attr{slog.String("dep_id", dep.ID), slog.Int("keys_deleted", deleted)}
	return x.writeJSON(wire.Receipt{OK: true, DepID: dep.ID, KeysDeleted: deleted})
}

// parseInvalidation returns the dep with its new hash.
func parseInvalidation(body []byte) (wire.Dep, error) {
	values, err := wire.Members(body)
	var d wire.Dep
	if err != nil || !wire.IsExact(body) || decodeString(values["dep_id"], &d.ID) != nil || decodeString(values["new_hash"], &d.Hash) != nil {
		return wire.Dep{}, badRequestf("invalid_body", `the body is not an invalidation; send {"dep_id":"…"}, with "new_hash" if there is one`)
	}
	if d.Hash == "" {
		d.Hash = uuid.NewString()
	}
	err = unfit(d)
	if d.ID == "" {
		err = errors.New("dep_id is empty")
	}
	if err != nil {
		return wire.Dep{}, badRequestf("invalid_dep", "the dep is not valid: %v", err)
	}
	return d, nil
}

// decodeString stores the value of a member in s. A missing member or null
// leaves s unchanged.
func decodeString(value json.RawMessage, s *string) error {
	if value == nil || string(value) == "null" {
		return nil
	}
	return json.Unmarshal(value, s)
}
