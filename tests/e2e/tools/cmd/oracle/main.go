// Command oracle asks one API server everything discovery can be asked, with client-go's cached client, and writes down
// what it says: groups, resources, preferred resources, single group-versions and what failed. Its twin in C is
// tests/e2e/oracle.c; tests/e2e/compare-client-go.sh holds the two against each other.
//
//	oracle -server URL -ca FILE -cache FOLDER [GROUP-VERSION …]
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/disk"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
)

var illegal = regexp.MustCompile(`[^(\w/.)]`)

func main() {
	log.SetFlags(0)
	server := flag.String("server", "", "base URL")
	ca := flag.String("ca", "", "the server's authority")
	cache := flag.String("cache", "", "cache folder")
	flag.Parse()

	host := illegal.ReplaceAllString(strings.TrimPrefix(*server, "https://"), "_")
	config := &rest.Config{Host: *server, TLSClientConfig: rest.TLSClientConfig{CAFile: *ca}, QPS: -1}
	client, err := disk.NewCachedDiscoveryClientForConfig(config, filepath.Join(*cache, "discovery", host), "",
		10*time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	groups, err := client.ServerGroups()
	say("groups", err)
	if err == nil {
		for _, group := range groups.Groups {
			fmt.Printf("group %q preferred %s\n", group.Name, group.PreferredVersion.GroupVersion)
			for _, version := range group.Versions {
				fmt.Printf("version %s\n", version.GroupVersion)
			}
		}
	}
	_, lists, err := client.ServerGroupsAndResources()
	say("everything", err)
	show("resource", lists)
	lists, err = client.ServerPreferredResources()
	say("preferred", err)
	show("preferred", lists)
	for _, name := range flag.Args() {
		list, err := client.ServerResourcesForGroupVersion(name)
		say("one "+name, err)
		if err == nil {
			show("one", []*metav1.APIResourceList{list})
		}
	}
	fmt.Printf("fresh %t\n", client.Fresh())
}

// say tells how a question ended, and which group-versions are missing of a partial answer.
func say(question string, err error) {
	var partial *discovery.ErrGroupDiscoveryFailed
	switch {
	case err == nil:
		fmt.Printf("%s: ok\n", question)
	case errors.As(err, &partial):
		fmt.Printf("%s: partial\n", question)
		missing := []string{}
		for gv := range partial.Groups {
			missing = append(missing, gv.String())
		}
		sort.Strings(missing)
		for _, gv := range missing {
			fmt.Printf("missing %s\n", gv)
		}
	case apierrors.IsNotFound(err), errors.Is(err, memory.ErrCacheNotFound):
		fmt.Printf("%s: not found\n", question)
	case apierrors.IsForbidden(err):
		fmt.Printf("%s: forbidden\n", question)
	default:
		fmt.Printf("%s: failed\n", question)
	}
}

// show writes lists in the order of their group-versions: where a map of Go's is behind it, its own is random.
func show(word string, lists []*metav1.APIResourceList) {
	sorted := append([]*metav1.APIResourceList{}, lists...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].GroupVersion < sorted[j].GroupVersion })
	for _, list := range sorted {
		fmt.Printf("%s list %s\n", word, list.GroupVersion)
		names := []string{}
		for _, r := range list.APIResources {
			names = append(names, fmt.Sprintf("%s %s singular %q group %q version %q kind %s namespaced %t verbs %s short %s in %s",
				word, r.Name, r.SingularName, r.Group, r.Version, r.Kind, r.Namespaced, strings.Join(r.Verbs, ","),
				strings.Join(r.ShortNames, ","), strings.Join(r.Categories, ",")))
		}
		if word == "preferred" {
			sort.Strings(names)
		}
		for _, name := range names {
			fmt.Println(name)
		}
	}
}
