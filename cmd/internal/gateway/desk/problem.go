package desk

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/portico-desktop/portico/app/portal/api"
)

// notFound is the one answer for things missing and for things of others.
func notFound() *api.Problem {
	return &api.Problem{Status: http.StatusNotFound, Code: api.NotFound, Title: "There is no such thing", Detail: "It does not exist, or is not yours."}
}

// invalid refuses members of a request, by their JSON pointers.
func invalid(errs ...api.FieldError) *api.Problem {
	return &api.Problem{Status: http.StatusUnprocessableEntity, Code: api.AnswersInvalid, Title: "Some answers cannot be taken", Errors: errs}
}

// fault is about one member. Its code is a keyword of JSON Schema, or as near to one as
// possible.
func fault(pointer, code, format string, args ...any) api.FieldError {
	return api.FieldError{Pointer: pointer, Code: code, Detail: fmt.Sprintf(format, args...)}
}

func missing(pointer string) *api.Problem {
	return invalid(fault(pointer, "required", "is missing"))
}

func tooLong(pointer string, most int) *api.Problem {
	return invalid(fault(pointer, "maxLength", "may have %d characters at most", most))
}

func notPermitted(detail string) *api.Problem {
	return &api.Problem{Status: http.StatusForbidden, Code: api.NotPermitted, Title: "You may not do this", Detail: detail}
}

func conflict(code api.Code, title string) *api.Problem {
	return &api.Problem{Status: http.StatusConflict, Code: code, Title: title}
}

func notAllowed(detail string) *api.Problem {
	return &api.Problem{Status: http.StatusUnprocessableEntity, Code: api.NotAllowed, Title: "This cannot be done now", Detail: detail}
}

func badRequest(detail string) *api.Problem {
	return &api.Problem{Status: http.StatusBadRequest, Code: api.BadRequest, Title: "The request cannot be understood", Detail: detail}
}

// changed is about a thing with another version than the client has seen.
func changed(now any) error {
	current, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return &api.Problem{Status: http.StatusPreconditionFailed, Code: api.Changed, Title: "It has changed meanwhile", Current: current}
}

// asProblem is the problem in an error, nil for the gateway's own errors.
func asProblem(err error) *api.Problem {
	var p *api.Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}
