// Package broken uses what is still to be generated, and what is nowhere.
package broken

import "example.com/nowhere"

type ID string

type Lost nowhere.ID

var First = DepDoc("1")
