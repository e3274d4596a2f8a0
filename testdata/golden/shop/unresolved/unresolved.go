// Package unresolved embeds what does not compile.
package unresolved

import (
	"example.com/shop/model"
	"example.com/shop/nowhere"
)

type (
	Embeds  struct{ nowhere.Text }
	Pointer struct{ *nowhere.Text }
	Deeper  struct{ Embeds }
	Alias   = Embeds
	Local   struct{ Missing }
	// Known is Money's, unless Text has a MarshalText too.
	Known struct {
		model.Money
		nowhere.Text
	}
	Speaks struct{ nowhere.Text }
	Holds  struct{ Text nowhere.Text }
	Own    struct{ nowhere.Text }
)

func (Speaks) String() string { return "" }

func (Holds) String() string { return "" }

func (Own) MarshalText() ([]byte, error) { return nil, nil }
