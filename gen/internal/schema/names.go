package schema

import (
	"errors"
	"fmt"
	"go/token"
	"strings"
	"unicode"
)

const maxName = 64

func isLower(r rune) bool { return 'a' <= r && r <= 'z' }
func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// validName reports whether s can name a kind or a part.
func validName(s string) bool {
	for i, r := range s {
		if !isLower(r) && (i == 0 || !isDigit(r) && r != '_') {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// CheckPackage returns an error if name can't name a generated package.
func CheckPackage(name string) error {
	switch {
	case name == "main":
		return errors.New("package main can't be imported; generate into a package of its own")
	case name == "documentation":
		return errors.New("package documentation is ignored by the go command; write another name")
	case name == "init":
		return errors.New("package init can't be imported, because Go keeps that name for functions; write another name")
	case token.IsKeyword(name):
		return fmt.Errorf("package %q is a Go keyword; write another name", name)
	case name == "_" || !token.IsIdentifier(name) || strings.ContainsFunc(name, Hidden):
		return fmt.Errorf("package %q is not a Go identifier; write one like deps", name)
	}
	return nil
}

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
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) || Hidden(r) })
}

// unique returns the first of name, name2, name3 and so on that is free.
func unique(name string, free func(string) bool) string {
	for candidate, n := name, 2; ; n++ {
		if free(candidate) {
			return candidate
		}
		candidate = fmt.Sprintf("%s%d", name, n)
	}
}
