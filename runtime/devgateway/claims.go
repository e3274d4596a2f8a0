package devgateway

import (
	"time"

	"github.com/depgen/depgen/runtime/devgateway/internal/tenant"
)

// Default durations of the windows that a token can set.
const (
	DefaultFreshTTL    = tenant.DefaultFreshTTL    // 50 minutes, served as HIT_L1
	DefaultStaleWindow = tenant.DefaultStaleWindow // 10 minutes, served as HIT_L1_STALE after that
)

// Claims are the claims of a token about its bearer.
type Claims struct {
	Tenant        string // required
	Project       string
	PolicyVersion string
	Roles         []string
	Scope         string

	// FreshTTL and StaleWindow are in whole seconds. Zero omits the claim: the
	// default is then DefaultFreshTTL or DefaultStaleWindow. A negative value
	// sets the window to zero.
	FreshTTL    time.Duration
	StaleWindow time.Duration

	// Expires is the time when the token expires, to the second. A token with
	// the zero time never expires.
	Expires time.Time
}

// Mint returns a token with the claims, in the form cc_live_<id>.<JWT>. It
// fails if the secret or the tenant is missing, if a text is not valid UTF-8,
// or if a window is not in whole seconds.
func Mint(secret []byte, c Claims) (string, error) {
	return tenant.Mint(secret, tenant.Claims(c))
}
