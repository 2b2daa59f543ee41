package main

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// answer is what a job was told.
type answer struct {
	groups    []*metav1.APIGroup
	lists     []*metav1.APIResourceList
	preferred []*metav1.APIResourceList
	mapping   *meta.RESTMapping
}

// lines are the answer, one fact a line, in no particular order.
func (a *answer) lines() string {
	var out strings.Builder
	for _, group := range a.groups {
		fmt.Fprintf(&out, "group %s preferred %s\n", group.Name, group.PreferredVersion.GroupVersion)
		for _, version := range group.Versions {
			fmt.Fprintf(&out, "version %s\n", version.GroupVersion)
		}
	}
	for _, list := range a.lists {
		writeList(&out, "resource", list)
	}
	for _, list := range a.preferred {
		writeList(&out, "preferred", list)
	}
	if m := a.mapping; m != nil {
		namespaced := m.Scope.Name() == meta.RESTScopeNameNamespace
		fmt.Fprintf(&out, "mapping %s %s %s %t\n", m.GroupVersionKind.GroupVersion(), m.GroupVersionKind.Kind,
			m.Resource.Resource, namespaced)
	}
	return out.String()
}

func writeList(out *strings.Builder, word string, list *metav1.APIResourceList) {
	fmt.Fprintf(out, "%s list %s\n", word, list.GroupVersion)
	for i := range list.APIResources {
		r := &list.APIResources[i]
		fmt.Fprintf(out, "%s %s %s %s %s %t verbs%s short%s categories%s\n", word, list.GroupVersion, r.Name,
			r.SingularName, r.Kind, r.Namespaced, words(r.Verbs), words(r.ShortNames), words(r.Categories))
	}
}

func words(list []string) string {
	var out strings.Builder
	for _, word := range list {
		out.WriteString(" " + word)
	}
	return out.String()
}
