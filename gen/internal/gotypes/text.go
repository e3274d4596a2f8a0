package gotypes

import (
	"errors"
	"fmt"
	"go/token"
	"go/types"
)

// Text is the way that a value becomes text.
type Text int

// The ways that a value becomes text.
const (
	TextString   Text = iota + 1 // it is a string underneath
	TextInt                      // it is a signed integer underneath
	TextUint                     // it is an unsigned integer underneath
	TextMarshal                  // by MarshalText, which can fail
	TextStringer                 // by String, which can panic
	TextUUID                     // by the String of a UUID, which can't fail
	TextValue                    // it is a value of a closed set
)

// Fails reports whether a value may have no text.
func (t Text) Fails() bool { return t == TextMarshal || t == TextStringer }

var (
	errorType     = types.Universe.Lookup("error").Type()
	textMarshaler = interfaceOf(method("MarshalText", types.NewSlice(types.Typ[types.Byte]), errorType))
	stringer      = interfaceOf(method("String", types.Typ[types.String]))
)

func interfaceOf(methods ...*types.Func) *types.Interface {
	return types.NewInterfaceType(methods, nil).Complete()
}

// method returns a method without parameters.
func method(name string, results ...types.Type) *types.Func {
	vars := make([]*types.Var, len(results))
	for i, t := range results {
		vars[i] = types.NewParam(token.NoPos, nil, "", t)
	}
	return types.NewFunc(token.NoPos, nil, name, types.NewSignatureType(nil, nil, nil, nil, types.NewTuple(vars...), false))
}

// textOf returns how a value of type t becomes text, and its basic type. The
// underlying type takes precedence over methods, because its text can't fail.
func textOf(t types.Type) (Text, string, error) {
	if isGeneric(t) {
		return 0, "", errors.New("is generic, and an id has one type; declare a type for one of its instances")
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		switch info := u.Info(); {
		case info&types.IsString != 0:
			return TextString, "string", nil
		case info&types.IsUnsigned != 0:
			return TextUint, u.Name(), nil
		case info&types.IsInteger != 0:
			return TextInt, u.Name(), nil
		case u.Kind() == types.Invalid:
			return 0, "", errors.New("does not compile; correct it")
		}
	case *types.Interface:
		return 0, "", errors.New("is an interface, which can be nil; name a type that implements it")
	}
	if name := unresolved(t); name != "" {
		return 0, "", fmt.Errorf("embeds %s, whose methods are unknown because it does not compile yet; "+
			"declare MarshalText on the type itself", name)
	}
	if holdsLock(t, map[types.Type]bool{}) {
		return 0, "", errors.New("can't be copied, since it holds a lock; give an id type that can")
	}
	switch pointer := types.NewPointer(t); {
	case types.Implements(pointer, textMarshaler):
		if fn, _, _ := types.LookupFieldOrMethod(pointer, false, nil, "MarshalText"); isTime(fn) {
			return 0, "", errors.New("has another text in each time zone, so that one instant would have several ids; " +
				"write int64 and give the Unix time, or name a type of your own whose MarshalText uses UTC")
		}
		return TextMarshal, "", nil
	case types.Implements(pointer, stringer):
		return TextStringer, "", nil
	}
	return 0, "", errors.New("is no string, integer, encoding.TextMarshaler or fmt.Stringer; give it a MarshalText method")
}

// isTime reports whether a method belongs to [time.Time], perhaps
// through embedding.
func isTime(method types.Object) bool {
	fn, ok := method.(*types.Func)
	return ok && fn.FullName() == "(time.Time).MarshalText"
}

// isGeneric reports whether t still needs type arguments. Aliases and instances
// may have them.
func isGeneric(t types.Type) bool {
	switch t := t.(type) {
	case *types.Alias:
		return t.TypeParams().Len() > t.TypeArgs().Len()
	case *types.Named:
		return t.TypeParams().Len() > t.TypeArgs().Len()
	}
	return false
}
