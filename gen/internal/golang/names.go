package golang

import (
	"strings"
	"unicode"

	"github.com/depgen/depgen/gen/internal/schema"
)

// initialisms are the words that Go names write in capitals, as listed by
// staticcheck's ST1003.
var initialisms = wordSet(`acl api ascii cpu css dns eof guid html http https id ip json qps ram rpc sla smtp sql ssh
	tcp tls ttl udp ui gid uid uuid uri url utf8 vm xml xmpp xsrf xss sip rtp amqp db ts`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(s) {
		set[word] = true
	}
	return set
}

// exportedName joins the words of s to a Go name: user_id becomes UserID. It
// returns "" if s has no letter and no digit.
func exportedName(s string) string {
	var b strings.Builder
	for _, word := range split(s) {
		if initialisms[strings.ToLower(word)] {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		for i, r := range word {
			if i == 0 {
				r = unicode.ToUpper(r)
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// localName is exportedName with a lower-case first word: user_id
// becomes userID.
func localName(s string) string {
	words := split(s)
	if len(words) == 0 {
		return ""
	}
	return words[0] + exportedName(strings.Join(words[1:], "_"))
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) || schema.Hidden(r) })
}
