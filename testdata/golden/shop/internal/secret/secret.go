// Package secret is internal to the shop.
package secret

type Code string
