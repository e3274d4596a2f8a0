package golang

import "github.com/dave/jennifer/jen"

// depFunc makes
//
//	func DepNote(user uuid.UUID, number int64) cachecore.Dep {
//		return cachecore.NewCompositeDep("note", user.String(), strconv.FormatInt(number, 10)).
//			GroupedBy(DepUser(user))
//	}
func depFunc(out *emitter, k *kind) {
	body, texts := marshalTexts(out, k)
	dep := newDep(out, k, texts)
	if k.version != nil {
		dep.Dot(out.uses("WithHash")).Call(texts[len(k.params)])
	}
	related(out, dep, "PartOf", k.partOf)
	related(out, dep, "GroupedBy", k.groupedBy)
	out.Comment(depDoc(k))
	out.Func().Id(k.dep).Params(signature(k)...).Add(out.runtime("Dep")).
		Block(append(body, jen.Return(dep))...)
}

// useFunc makes
//
//	func UseDoc(ctx context.Context, id string) {
//		cachecore.Use(ctx, DepDoc(id))
//	}
func useFunc(out *emitter, k *kind) {
	out.Comment(useDoc(k))
	out.Func().Id(k.use).Params(withContext(k)...).
		Block(out.runtime("Use").Call(jen.Id("ctx"), callDep(k)))
}

// invalidateFunc makes
//
//	func InvalidateDoc(ctx context.Context, id string) error {
//		return cachecore.Invalidate(ctx, DepDoc(id))
//	}
func invalidateFunc(out *emitter, k *kind) {
	out.Comment(invalidateDoc(k))
	out.Func().Id(k.invalidate).Params(withContext(k)...).Error().
		Block(jen.Return(out.runtime("Invalidate").Call(jen.Id("ctx"), callDep(k))))
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
func related(out *emitter, dep *jen.Statement, method string, calls []call) {
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
	dep.Op(".").Line().Id(out.uses(method)).Add(callArgs(deps, width > maxWidth))
}

// maxWidth is the largest width of relations in a single line.
const maxWidth = 100

// callArgs makes (a, b), or puts each argument on a line of its own.
func callArgs(args []jen.Code, lines bool) jen.Code {
	return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: lines}, args...)
}
