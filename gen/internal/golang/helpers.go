package golang

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/depgen/depgen/gen/internal/schema"
)

// depFunc makes
//
//	func DepNote(user uuid.UUID, number int64) cachecore.Dep {
//		return cachecore.NewCompositeDep("note", user.String(), strconv.FormatInt(number, 10)).
//			GroupedBy(DepUser(user))
//	}
func depFunc(out *jen.File, k *schema.Kind) {
	body, texts := marshalTexts(k)
	dep := newDep(k, texts)
	if k.Version != nil {
		dep.Dot("WithHash").Call(texts[len(k.Params)])
	}
	related(dep, "PartOf", k.PartOf)
	related(dep, "GroupedBy", k.GroupedBy)
	out.Comment(depDoc(k))
	out.Func().Id("Dep"+k.GoName).Params(signature(k)...).Qual(runtimePath, "Dep").
		Block(append(body, jen.Return(dep))...)
}

// useFunc makes
//
//	func UseDoc(ctx context.Context, id string) {
//		cachecore.Use(ctx, DepDoc(id))
//	}
func useFunc(out *jen.File, k *schema.Kind) {
	out.Comment(useDoc(k))
	out.Func().Id("Use" + k.GoName).Params(withContext(k)...).
		Block(jen.Qual(runtimePath, "Use").Call(jen.Id("ctx"), callDep(k)))
}

// invalidateFunc makes
//
//	func InvalidateDoc(ctx context.Context, id string) error {
//		return cachecore.Invalidate(ctx, DepDoc(id))
//	}
func invalidateFunc(out *jen.File, k *schema.Kind) {
	out.Comment(invalidateDoc(k))
	out.Func().Id("Invalidate" + k.GoName).Params(withContext(k)...).Error().
		Block(jen.Return(jen.Qual(runtimePath, "Invalidate").Call(jen.Id("ctx"), callDep(k))))
}

// params returns the parameters of a kind's functions: the parts of its id, and
// its version.
func params(k *schema.Kind) []*schema.Param {
	all := slices.Clip(k.Params)
	if k.Version != nil {
		all = append(all, k.Version)
	}
	return all
}

// signature makes
//
//	user uuid.UUID, x, y int64
func signature(k *schema.Kind) []jen.Code {
	var code []jen.Code
	all := params(k)
	for i, param := range all {
		id := jen.Id(param.GoName)
		if i+1 == len(all) || !sameName(param.Type, all[i+1].Type) {
			id.Add(goType(param.Type))
		}
		code = append(code, id)
	}
	return code
}

func sameName(t, u *schema.Type) bool { return t.Import == u.Import && t.Name == u.Name }

func withContext(k *schema.Kind) []jen.Code {
	return append([]jen.Code{jen.Id("ctx").Qual(contextPath, "Context")}, signature(k)...)
}

// callDep makes
//
//	DepNote(user, number)
func callDep(k *schema.Kind) jen.Code {
	var args []jen.Code
	for _, param := range params(k) {
		args = append(args, jen.Id(param.GoName))
	}
	return jen.Id("Dep" + k.GoName).Call(args...)
}

// related adds to dep, on a line of its own,
//
//	PartOf(DepTable(TableDocs))
func related(dep *jen.Statement, method string, relations []*schema.Relation) {
	if len(relations) == 0 {
		return
	}
	var deps []jen.Code
	width := 0
	for _, r := range relations {
		var args []jen.Code
		width += len("Dep(), ") + len(r.Kind.GoName)
		for _, arg := range r.Args {
			name := argName(arg)
			args = append(args, jen.Id(name))
			width += len(", ") + len(name)
		}
		deps = append(deps, jen.Id("Dep"+r.Kind.GoName).Call(args...))
	}
	dep.Op(".").Line().Id(method).Add(arguments(deps, width > maxWidth))
}

func argName(arg schema.Arg) string {
	if arg.Value != nil {
		return arg.Value.GoName
	}
	return arg.Param.GoName
}

// maxWidth is the largest width of relations in a single line.
const maxWidth = 100

// arguments makes (a, b), or puts each argument on a line of its own.
func arguments(args []jen.Code, lines bool) jen.Code {
	return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: lines}, args...)
}
