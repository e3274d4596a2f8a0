// Package broken does not compile, but what ID is can be seen nevertheless.
package broken

import "example.com/shop/nowhere"

type ID string

type Lost nowhere.ID

func f() { undefined() }
