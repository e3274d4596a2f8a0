package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/depgen/depgen/gen/internal/schema"
)

// closedSet makes
//
//	type Table struct{ value string }
//
//	var (
//		// The product catalogue.
//		TableProducts = Table{"products"}
//	)
//
//	func (t Table) String() string { return t.value }
func closedSet(out *jen.File, k *schema.Kind) {
	name := k.Params[0].GoName
	out.Comment(comment(wrap(k.GoName + " is the type of Dep" + k.GoName + "'s argument " + name +
		". Its valid values are the variables below. The zero " + k.GoName + " makes an invalid dep.")))
	out.Type().Id(k.GoName).Struct(jen.Id("value").String())

	out.Comment(comment("The values of " + k.GoName + "."))
	out.Var().DefsFunc(func(g *jen.Group) {
		for _, v := range k.Values {
			if doc := valueDoc(v); doc != "" {
				g.Comment(doc)
			}
			g.Id(v.GoName).Op("=").Id(k.GoName).Values(jen.Lit(v.Text))
		}
	})

	out.Comment(comment("String returns the value as written in a dep's id."))
	out.Func().Params(jen.Id(name).Id(k.GoName)).Id("String").Params().String().
		Block(jen.Return(jen.Id(name).Dot("value")))
}
