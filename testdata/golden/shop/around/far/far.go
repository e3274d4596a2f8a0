// Package far does so through another.
package far

import "example.com/shop/around"

type ID = around.ID
