package devgateway

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

// Default durations of the windows that a token can set.
const (
	DefaultFreshTTL    = 3000 * time.Second // served as HIT_L1
	DefaultStaleWindow = 600 * time.Second  // served as HIT_L1_STALE after that
)

const tokenPrefix = "cc_live_"

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

// tokenClaims are the claims in the form in which a token carries them. Numbers
// follow JSON's definition: 60.0 is 60.
type tokenClaims struct {
	TenantID      string   `json:"tenant_id"`
	ProjectID     string   `json:"project_id,omitempty"`
	PolicyVersion string   `json:"policy_version,omitempty"`
	Roles         []string `json:"roles,omitempty"`
	Scope         string   `json:"scope,omitempty"`
	FreshTTL      *float64 `json:"fresh_ttl_secs,omitempty"`
	StaleWindow   *float64 `json:"stale_window_secs,omitempty"`
	Expires       *float64 `json:"exp,omitempty"`
	NotBefore     *float64 `json:"nbf,omitempty"`

	jwt.RegisteredClaims `json:"-"` // for the methods that the JWT library requires
}

// UnmarshalJSON reads the claims under their exact names. It refuses a name
// that occurs twice. It also refuses null in exp and nbf, because such a token
// would never expire.
func (c *tokenClaims) UnmarshalJSON(text []byte) error {
	claims, err := members(text)
	var repeated repeatedError
	switch {
	case errors.As(err, &repeated):
		return claimError(repeated.Error())
	case err != nil:
		return err
	case !isExact(text):
		return errInexact
	}
	for _, name := range []string{"exp", "nbf"} {
		if string(claims[name]) == "null" {
			return claimError(name + " is null: leave it out for a token without that limit")
		}
	}
	var roles []*string
	for _, claim := range []struct {
		name, kind string
		to         any
	}{
		{"tenant_id", "a string", &c.TenantID},
		{"project_id", "a string", &c.ProjectID},
		{"policy_version", "a string", &c.PolicyVersion},
		{"roles", "a list of strings", &roles},
		{"scope", "a string", &c.Scope},
		{"fresh_ttl_secs", "a number", &c.FreshTTL},
		{"stale_window_secs", "a number", &c.StaleWindow},
		{"exp", "a number", &c.Expires},
		{"nbf", "a number", &c.NotBefore},
	} {
		if decode(claims[claim.name], claim.to) != nil || slices.Contains(roles, nil) {
			return claimError(claim.name + " has the wrong type, not " + claim.kind)
		}
	}
	for _, role := range roles {
		c.Roles = append(c.Roles, *role)
	}
	return nil
}

// errInexact is the error for claims that are not valid text.
var errInexact = errors.New("the claims are not UTF-8, or have half a surrogate pair")

// claimError returns an error about the claim that it names.
type claimError string

func (e claimError) Error() string { return string(e) }

// Validate is called by the JWT library in addition to its own checks.
func (c tokenClaims) Validate() error {
	switch {
	case c.TenantID == "":
		return claimError("tenant_id is missing")
	case !validSeconds(c.FreshTTL):
		return claimError("fresh_ttl_secs is not a number of whole seconds from 0 to " + strconv.Itoa(maxSeconds))
	case !validSeconds(c.StaleWindow):
		return claimError("stale_window_secs is not a number of whole seconds from 0 to " + strconv.Itoa(maxSeconds))
	}
	return nil
}

// GetExpirationTime is called by the JWT library.
func (c tokenClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return claimDate("exp", c.Expires)
}

// GetNotBefore is called by the JWT library.
func (c tokenClaims) GetNotBefore() (*jwt.NumericDate, error) {
	return claimDate("nbf", c.NotBefore)
}

// claimDate returns the time of a claim, given in seconds since 1970. It
// returns nil if the claim is absent.
func claimDate(claim string, secs *float64) (*jwt.NumericDate, error) {
	const limit = 1 << 40 // the year 36812
	switch {
	case secs == nil:
		return nil, nil
	case math.Abs(*secs) > limit:
		return nil, claimError(claim + " is out of range")
	}
	return jwt.NewNumericDate(time.Unix(int64(*secs), 0)), nil
}

// maxSeconds, some 68 years, keeps the sum of two windows within a Duration.
const maxSeconds = 1 << 31

func validSeconds(n *float64) bool {
	return n == nil || *n >= 0 && *n <= maxSeconds && *n == math.Trunc(*n)
}

// window returns the duration of a claim in whole seconds.
func window(secs *float64, otherwise time.Duration) time.Duration {
	if secs == nil {
		return otherwise
	}
	return time.Duration(*secs) * time.Second
}

// Mint returns a token with the claims, in the form cc_live_<id>.<JWT>. It
// fails if the secret or the tenant is missing, if a text is not valid UTF-8,
// or if a window is not in whole seconds.
func Mint(secret []byte, c Claims) (string, error) {
	if len(secret) == 0 {
		return "", errors.New("mint a token: the secret is empty")
	}
	if c.Tenant == "" {
		return "", errors.New("mint a token: the tenant is empty")
	}
	for _, text := range append([]string{c.Tenant, c.Project, c.PolicyVersion, c.Scope}, c.Roles...) {
		if !utf8.ValidString(text) { // JSON would give two different tenants the same name
			return "", fmt.Errorf("mint a token: %q is not valid UTF-8", text)
		}
	}
	fresh, err := claimSeconds(c.FreshTTL)
	if err != nil {
		return "", fmt.Errorf("mint a token: FreshTTL: %w", err)
	}
	stale, err := claimSeconds(c.StaleWindow)
	if err != nil {
		return "", fmt.Errorf("mint a token: StaleWindow: %w", err)
	}
	claims := tokenClaims{
		TenantID: c.Tenant, ProjectID: c.Project, PolicyVersion: c.PolicyVersion,
		Roles: c.Roles, Scope: c.Scope, FreshTTL: fresh, StaleWindow: stale,
	}
	if !c.Expires.IsZero() {
		expires := float64(c.Expires.Unix())
		claims.Expires = &expires
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString(secret)
	if err != nil {
		return "", fmt.Errorf("mint a token: %w", err)
	}
	id := sha256.Sum256([]byte(signed))
	return tokenPrefix + hex.EncodeToString(id[:6]) + "." + signed, nil
}

func claimSeconds(d time.Duration) (*float64, error) {
	if d == 0 {
		return nil, nil
	}
	n := max(int64(d/time.Second), 0)
	if d > 0 && d%time.Second != 0 || n > maxSeconds {
		return nil, fmt.Errorf("%v is not a number of whole seconds up to %d", d, maxSeconds)
	}
	secs := float64(n)
	return &secs, nil
}
