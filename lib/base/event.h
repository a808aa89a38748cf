/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kinds of lines there are in the journal: the MESSAGE_ID of each.  Cause and remedy of every kind stand in the
 * catalogue, systemd/NAME.catalog.in, which journalctl -x shows; tests/house/test_catalog.sh compares the two.
 * An id is never used for another kind; one that is no longer written stays here as a comment.
 */
#ifndef LMI_BASE_EVENT_H
#define LMI_BASE_EVENT_H

#define LMI_EVENT_READY "936f9f57ef2346e798db33e198faefde" /* started and serves */
#define LMI_EVENT_STOPPING "26d048d13b83496d9749d1b5ef9f3c09" /* was asked to stop */
#define LMI_EVENT_CONFIG_BAD "44b92e66c7c4417b93cb6fcf4087e6bd" /* bad configuration */
#define LMI_EVENT_RELOADED "f4dc0647741a4a9ea7cc63cd5950e9cb" /* configuration reloaded */
#define LMI_EVENT_RELOAD_REFUSED "e95735c401b3499c9a617cffaf8773f2" /* a reload was refused */
#define LMI_EVENT_INSECURE "6bf6934d3292437f9b148778c12f5fcb" /* listening without access control */
#define LMI_EVENT_PORT_DIFFERS "318cdebf37a14f51a3cd3b91fdd6bfc3" /* socket unit and configuration name different ports */
#define LMI_EVENT_CANNOT_LISTEN "60d2e9bf104c43f0ab86df65a24d238a" /* a socket cannot be had */
#define LMI_EVENT_BROKER_REGISTERED "dea54afde0e94405bd8c8c1f9d84b962" /* name server: a broker registered */
#define LMI_EVENT_BROKER_WITHDRAWN "89a88975fce34dcbb228cdee18826017" /* name server: a broker is gone */
#define LMI_EVENT_STATE_NOT_SAVED "07bd02ee36bc4105bc3c9db85a27e782" /* a file of tables cannot be saved */
#define LMI_EVENT_PEER_BAD "c6258d6aa96448c2816c77c0961ea2ee" /* a peer was disconnected for what it sent */
#define LMI_EVENT_STORE_FAILED "12397b59c92e417d900d2e7d4286ed66" /* the store takes no messages any more */
#define LMI_EVENT_STORE_FOUND "18f6767031bc4ae88da330e21c408ee5" /* recovery or housekeeping found something */
#define LMI_EVENT_NAMESRV_REACHED "a7e8bc35676d4f229292b4a54c5e74eb" /* registered with a name server */
#define LMI_EVENT_NAMESRV_LOST "1ee5a3a9eab34b7895acc73d4405d023" /* a name server cannot be reached or refuses */
#define LMI_EVENT_CLIENT_JOINED "c0963ad45cad44218f9818d23531ad86" /* a consumer joined its group */
#define LMI_EVENT_CLIENT_LEFT "745d8fe5cc3d4e7a9d41f0b988d7268c" /* a consumer left its group */
#define LMI_EVENT_CLIENT_EXPIRED "06a282041a714ba3b1d12cbaeba4becb" /* no heartbeat from a client */
#define LMI_EVENT_TOPIC_CHANGED "b13f2ad267904db4b02e261152202f79" /* a topic was made, changed or deleted */
#define LMI_EVENT_GROUP_CHANGED "6bee22978a7646a6889fc7cf6e38f514" /* a group was set or deleted */
#define LMI_EVENT_POSITION_MOVED "4d857d28331145349ef87ae0b6e838e7" /* a group asked for what is not there */
#define LMI_EVENT_SETTING_CHANGED "2c1f6c0f3f6d4c0f9a9c5d7c1a3e8b64" /* a setting was changed by a request */
#define LMI_EVENT_DEAD_LETTER "ce5189d19d8740acb135d96def7bf051" /* a group gave a message up */

#endif
