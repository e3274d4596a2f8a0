package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/depgen/depgen/gen/internal/gotypes"
)

// newDep makes one of
//
//	cachecore.NewDep("doc:" + id)
//	cachecore.NewCompositeDep("note", user.String(), strconv.FormatInt(number, 10))
func newDep(out *emitter, k *kind, texts []jen.Code) *jen.Statement {
	if len(k.params) == 1 {
		return out.runtime("NewDep").Call(jen.Lit(k.Prefix + ":").Op("+").Add(texts[0]))
	}
	args := append([]jen.Code{jen.Lit(k.Prefix)}, texts[:len(k.params)]...)
	return out.runtime("NewCompositeDep").Add(callArgs(args, len(k.params) > 3))
}

// marshalTexts returns the text of each argument of a kind, and the statements
// that must precede them.
func marshalTexts(out *emitter, k *kind) (before, texts []jen.Code) {
	for _, p := range k.allParams() {
		if p.textVar != "" {
			before = append(before, textOf(out, k, p)...)
		}
		texts = append(texts, text(p))
	}
	return before, texts
}

// textOf makes
//
//	idText, err := cachecore.TextOf(&id)
//	if err != nil {
//		return cachecore.InvalidDep("price", err)
//	}
//
// For a type with only a String method, it calls StringOf instead of TextOf.
func textOf(out *emitter, k *kind, p *param) []jen.Code {
	helper := "TextOf"
	if p.typ.text == gotypes.TextStringer {
		helper = "StringOf"
	}
	return []jen.Code{
		jen.List(jen.Id(p.textVar), jen.Err()).Op(":=").Add(out.runtime(helper)).Call(jen.Op("&").Id(p.name)),
		jen.If(jen.Err().Op("!=").Nil()).Block(
			jen.Return(out.runtime("InvalidDep").Call(jen.Lit(k.Prefix), jen.Err())),
		),
	}
}

// text returns the shortest expression for an argument's text that its
// type allows.
func text(p *param) jen.Code {
	id := jen.Id(p.name)
	switch t := p.typ; t.text {
	case gotypes.TextValue:
		return id.Dot("value")
	case gotypes.TextUUID:
		return id.Dot("String").Call()
	case gotypes.TextMarshal, gotypes.TextStringer:
		return jen.Id(p.textVar)
	case gotypes.TextInt:
		if t.basic == "int" {
			return jen.Qual(strconvPath, "Itoa").Call(convert("int", t, id))
		}
		return jen.Qual(strconvPath, "FormatInt").Call(convert("int64", t, id), jen.Lit(10))
	case gotypes.TextUint:
		return jen.Qual(strconvPath, "FormatUint").Call(convert("uint64", t, id), jen.Lit(10))
	default:
		return convert("string", t, id)
	}
}

// convert makes int64(id), or id alone if it already has that type.
func convert(to string, t *typ, id jen.Code) jen.Code {
	if t.path == "" && t.name == to {
		return id
	}
	return jen.Id(to).Call(id)
}
