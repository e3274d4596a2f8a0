package tenant

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"

	"github.com/depgen/depgen/runtime/internal/wire"
)

var (
	// glued matches most gateway tokens with any text around them: the prefix
	// of a token, or the first two parts of a JWT that begins with {" in base64.
	glued = regexp.MustCompile(`\b` + wire.TokenPrefix + `|eyJ[\w-]*=*\.[\w-]*=*\.`)

	// word matches the first part of a JWT, whose JSON can begin in other ways.
	word = regexp.MustCompile(`([\w-]+)\.[\w-]*\.`)
)

// holdsToken reports whether s contains a gateway token, valid or not. Any other
// Authorization header is taken for the upstream's own key.
func holdsToken(s string) bool {
	return glued.MatchString(s) || slices.ContainsFunc(word.FindAllStringSubmatch(s, -1), func(m []string) bool {
		header, err := base64.RawURLEncoding.DecodeString(m[1])
		var fields map[string]json.RawMessage
		return err == nil && json.Unmarshal(header, &fields) == nil && fields["alg"] != nil
	})
}

// UpstreamKey returns the Authorization to forward: the client's own, unless it
// contains a token of this or another gateway.
func UpstreamKey(h http.Header) string {
	if slices.ContainsFunc(h["Authorization"], holdsToken) {
		return ""
	}
	return h.Get("Authorization")
}
