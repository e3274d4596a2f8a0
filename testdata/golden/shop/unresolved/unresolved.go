// Package unresolved embeds types that do not compile.
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
	// Known has Money's MarshalText, unless Text has one too.
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
