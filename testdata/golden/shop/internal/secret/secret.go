// Package secret is the shop's own.
package secret

type Code string
