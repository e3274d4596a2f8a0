package tenant

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/depgen/depgen/runtime/internal/wire"
)

// trimPadding removes base64 padding from a JWT. Any other character that is
// not a token letter ends the token.
var trimPadding = strings.NewReplacer("==.", ".", "=.", ".")

// holdsToken reports whether s contains a gateway token, valid or not, with any
// text around it. Any other Authorization header is taken for the upstream's
// own key.
func holdsToken(s string) bool {
	words := strings.FieldsFunc(trimPadding.Replace(s), isNoLetter)
	return slices.ContainsFunc(words, func(word string) bool {
		return strings.HasPrefix(word, wire.TokenPrefix) || holdsJWT(strings.Split(word, "."))
	})
}

func isNoLetter(r rune) bool { return !strings.ContainsRune(tokenLetters, r) }

const tokenLetters = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// jsonStart is {" in base64. It marks the start of a JWT that directly follows
// another word.
const jsonStart = "eyJ"

// holdsJWT reports whether one of the parts begins a JWT. It ignores the
// content of the two parts after it, because a damaged token is still not a
// key.
func holdsJWT(parts []string) bool {
	for ; len(parts) >= 3; parts = parts[1:] {
		_, joined, _ := strings.Cut(parts[0], jsonStart)
		if isJOSEHeader(parts[0]) || isJOSEHeader(jsonStart+joined) {
			return true
		}
	}
	return false
}

func isJOSEHeader(s string) bool {
	header, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return false
	}
	var fields map[string]json.RawMessage
	return json.Unmarshal(header, &fields) == nil && fields["alg"] != nil
}

// UpstreamKey returns the Authorization to forward: the client's own, unless it
// contains a token of this or another gateway.
func UpstreamKey(h http.Header) string {
	if slices.ContainsFunc(h["Authorization"], holdsToken) {
		return ""
	}
	return h.Get("Authorization")
}
