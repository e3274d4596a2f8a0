// Package broken does not compile, but the type ID is still clear.
package broken

import "example.com/shop/nowhere"

type ID string

type Lost nowhere.ID

func f() { undefined() }
