package golang

import (
	"github.com/dave/jennifer/jen"

	"github.com/depgen/depgen/gen/internal/schema"
)

// newDep makes one of
//
//	cachecore.NewDep("doc:" + id)
//	cachecore.NewCompositeDep("note", user.String(), strconv.FormatInt(number, 10))
func newDep(k *schema.Kind, texts []jen.Code) *jen.Statement {
	if len(k.Params) == 1 {
		return jen.Qual(runtimePath, "NewDep").Call(jen.Lit(k.Prefix + ":").Op("+").Add(texts[0]))
	}
	args := append([]jen.Code{jen.Lit(k.Prefix)}, texts[:len(k.Params)]...)
	return jen.Qual(runtimePath, "NewCompositeDep").Add(arguments(args, len(k.Params) > 3))
}

// marshalTexts returns the text of each argument of a kind, and the statements
// that must precede them.
func marshalTexts(k *schema.Kind) (before, texts []jen.Code) {
	for _, param := range params(k) {
		if param.TextVar != "" {
			before = append(before, textOf(k, param)...)
		}
		texts = append(texts, text(param))
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
func textOf(k *schema.Kind, param *schema.Param) []jen.Code {
	helper := "TextOf"
	if param.Type.Text == schema.TextStringer {
		helper = "StringOf"
	}
	return []jen.Code{
		jen.List(jen.Id(param.TextVar), jen.Err()).Op(":=").Qual(runtimePath, helper).Call(jen.Op("&").Id(param.GoName)),
		jen.If(jen.Err().Op("!=").Nil()).Block(
			jen.Return(jen.Qual(runtimePath, "InvalidDep").Call(jen.Lit(k.Prefix), jen.Err())),
		),
	}
}

// text returns the shortest expression for an argument's text that its
// type allows.
func text(param *schema.Param) jen.Code {
	id := jen.Id(param.GoName)
	switch t := param.Type; t.Text {
	case schema.TextValue:
		return id.Dot("value")
	case schema.TextUUID:
		return id.Dot("String").Call()
	case schema.TextMarshal, schema.TextStringer:
		return jen.Id(param.TextVar)
	case schema.TextInt:
		if t.Basic == "int" {
			return jen.Qual(strconvPath, "Itoa").Call(convert("int", t, id))
		}
		return jen.Qual(strconvPath, "FormatInt").Call(convert("int64", t, id), jen.Lit(10))
	case schema.TextUint:
		return jen.Qual(strconvPath, "FormatUint").Call(convert("uint64", t, id), jen.Lit(10))
	default:
		return convert("string", t, id)
	}
}

// convert makes int64(id), or id alone if it already has that type.
func convert(to string, t *schema.Type, id jen.Code) jen.Code {
	if t.Import == "" && t.Name == to {
		return id
	}
	return jen.Id(to).Call(id)
}
