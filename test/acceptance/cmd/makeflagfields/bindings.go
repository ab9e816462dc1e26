package main

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// binding is a flag and the Go path of the variable it sets, without the variable's root: Authentication.Webhook.Enabled.
type binding struct{ flag, path string }

// registered returns what the calls fs.StringVar(&root.Path, "flag", ...) and their kin of a function bind.
func registered(fn *ast.FuncDecl, root string) []binding {
	var out []binding
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 3 {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !strings.HasSuffix(strings.TrimSuffix(method.Sel.Name, "P"), "Var") {
			return true
		}
		flag := literal(call.Args[1])
		if path, ok := pathIn(call.Args[0], root); ok && flag != "" {
			out = append(out, binding{flag, path})
		}
		return true
	})
	return out
}

// changed returns what the statements if fs.Changed("flag") { root.Path = ... } of a function set.
func changed(fn *ast.FuncDecl, root string) []binding {
	var out []binding
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		branch, ok := n.(*ast.IfStmt)
		if !ok || len(branch.Body.List) != 1 {
			return true
		}
		set, ok := branch.Body.List[0].(*ast.AssignStmt)
		if !ok {
			return true
		}
		ast.Inspect(branch.Cond, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 1 {
				return true
			}
			if method, ok := call.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Changed" {
				if path, ok := pathIn(set.Lhs[0], root); ok {
					out = append(out, binding{literal(call.Args[0]), path})
				}
			}
			return true
		})
		return true
	})
	return out
}

// literal returns a string literal or the value of the one constant that stands for a flag, "" for anything else.
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); e.Kind == token.STRING && err == nil {
			return text
		}
	case *ast.Ident:
		if e.Name == "LogFlushFreqFlagName" { // component-base logs/api/v1/types.go
			return "log-flush-frequency"
		}
	}
	return ""
}

// pathIn finds the one selector that begins with root, below whatever wraps it, and gives what comes after root.
func pathIn(e ast.Expr, root string) (string, bool) {
	found := ""
	ast.Inspect(e, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if rest, ok := strings.CutPrefix(spelled(selector), root+"."); ok {
			found = rest
			return false
		}
		return true
	})
	// A duration stands in a struct of its own.
	parts := strings.Split(found, ".")
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "Duration" })
	return strings.Join(parts, "."), found != ""
}

// spelled returns a selector as it is written, "" where it is not made of names alone.
func spelled(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x := spelled(e.X); x != "" {
			return x + "." + e.Sel.Name
		}
	}
	return ""
}
