/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which cached proposals go into a commit of one's own. Internal.
 */
#ifndef MLS_GROUP_SELECT_H
#define MLS_GROUP_SELECT_H

#include "group/stage.h"

/**
 * Puts those cached proposals into the list that go together with what is there already, and with each other (§12.2):
 * of two that concern one leaf, a Remove, and else the later Update; nothing about the committer himself, and nothing
 * with which no commit could succeed. A ReInit only if there is nothing else.
 */
BASE_MUST_USE base_result mls_stage_select(struct mls_staged *staged);

#endif
