package golang

import "github.com/dave/jennifer/jen"

// depFunc makes
//
//	func DepNote(user uuid.UUID, number int64) cachecore.Dep {
//		return cachecore.NewCompositeDep("note", user.String(), strconv.FormatInt(number, 10)).
//			GroupedBy(DepUser(user))
//	}
func depFunc(out *jen.File, k *kind) {
	body, texts := marshalTexts(k)
	dep := newDep(k, texts)
	if k.version != nil {
		dep.Dot("WithHash").Call(texts[len(k.params)])
	}
	related(dep, "PartOf", k.partOf)
	related(dep, "GroupedBy", k.groupedBy)
	out.Comment(depDoc(k))
	out.Func().Id(k.dep).Params(signature(k)...).Qual(runtimePath, "Dep").
		Block(append(body, jen.Return(dep))...)
}

// useFunc makes
//
//	func UseDoc(ctx context.Context, id string) {
//		cachecore.Use(ctx, DepDoc(id))
//	}
func useFunc(out *jen.File, k *kind) {
	out.Comment(useDoc(k))
	out.Func().Id(k.use).Params(withContext(k)...).
		Block(jen.Qual(runtimePath, "Use").Call(jen.Id("ctx"), callDep(k)))
}

// invalidateFunc makes
//
//	func InvalidateDoc(ctx context.Context, id string) error {
//		return cachecore.Invalidate(ctx, DepDoc(id))
//	}
func invalidateFunc(out *jen.File, k *kind) {
	out.Comment(invalidateDoc(k))
	out.Func().Id(k.invalidate).Params(withContext(k)...).Error().
		Block(jen.Return(jen.Qual(runtimePath, "Invalidate").Call(jen.Id("ctx"), callDep(k))))
}

// signature makes
//
//	user uuid.UUID, x, y int64
func signature(k *kind) []jen.Code {
	var code []jen.Code
	all := k.allParams()
	for i, p := range all {
		id := jen.Id(p.name)
		if i+1 == len(all) || !sameName(p.typ, all[i+1].typ) {
			id.Add(goType(p.typ))
		}
		code = append(code, id)
	}
	return code
}

func sameName(t, u *typ) bool { return t.path == u.path && t.name == u.name }

func withContext(k *kind) []jen.Code {
	return append([]jen.Code{jen.Id("ctx").Qual(contextPath, "Context")}, signature(k)...)
}

// callDep makes
//
//	DepNote(user, number)
func callDep(k *kind) jen.Code {
	var args []jen.Code
	for _, p := range k.allParams() {
		args = append(args, jen.Id(p.name))
	}
	return jen.Id(k.dep).Call(args...)
}

// related adds to dep, on a line of its own,
//
//	PartOf(DepTable(TableDocs))
func related(dep *jen.Statement, method string, calls []call) {
	if len(calls) == 0 {
		return
	}
	var deps []jen.Code
	width := 0
	for _, c := range calls {
		var args []jen.Code
		width += len("(), ") + len(c.dep)
		for _, name := range c.args {
			args = append(args, jen.Id(name))
			width += len(", ") + len(name)
		}
		deps = append(deps, jen.Id(c.dep).Call(args...))
	}
	dep.Op(".").Line().Id(method).Add(callArgs(deps, width > maxWidth))
}

// maxWidth is the largest width of relations in a single line.
const maxWidth = 100

// callArgs makes (a, b), or puts each argument on a line of its own.
func callArgs(args []jen.Code, lines bool) jen.Code {
	return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: lines}, args...)
}
