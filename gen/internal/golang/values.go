package golang

import (
	"github.com/dave/jennifer/jen"
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
func closedSet(out *emitter, k *kind) {
	name := k.params[0].name
	out.Comment(comment(wrap(k.typeName + " is the type of " + k.dep + "'s argument " + name +
		". Its valid values are the variables below. The zero " + k.typeName + " makes an invalid dep.")))
	out.Type().Id(k.typeName).Struct(jen.Id("value").String())

	out.Comment(comment("The values of " + k.typeName + "."))
	out.Var().DefsFunc(func(g *jen.Group) {
		for i, v := range k.Values {
			if doc := valueDoc(v); doc != "" {
				g.Comment(doc)
			}
			g.Id(k.values[i]).Op("=").Id(k.typeName).Values(jen.Lit(v.Text))
		}
	})

	out.Comment(comment("String returns the value as written in a dep's id."))
	out.Func().Params(jen.Id(name).Id(k.typeName)).Id("String").Params().String().
		Block(jen.Return(jen.Id(name).Dot("value")))
}
